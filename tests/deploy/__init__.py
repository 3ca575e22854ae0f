"""What is deployed, tried without any cloud: the container image and the infrastructure of both clouds."""
