"""Messages that advise, each with what is answered with it and what it advises."""
