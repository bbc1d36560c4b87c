"""From the state of the network to the file: the recorder and its parts."""
