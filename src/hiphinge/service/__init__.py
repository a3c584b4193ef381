"""What the command line and the web do with people, sessions, clips and the program."""
