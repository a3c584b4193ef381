"""The pictures of the program's drills: who, how, with what, and the command's work."""
