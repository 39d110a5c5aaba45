"""What Lockstep costs: requests, seconds and start-up, each beside the bar that it is held to."""
