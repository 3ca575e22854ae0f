"""Working stand-ins for what the service needs from outside, each as strict as its port."""
