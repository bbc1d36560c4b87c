"""What several tests share: small networks, small runs, and processes of their own."""
