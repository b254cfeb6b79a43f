"""What an attacker does, as functions on a client. They record what happens; they judge nothing."""
