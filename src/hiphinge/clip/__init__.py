"""The stages run over one whole clip: track it, analyse the tracks, write the folder."""
