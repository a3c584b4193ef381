"""The plan beyond one machine: measured costs, arithmetic on them, and simulations that check the arithmetic."""
