"""The outside's formats: each becomes the payload that POST /v1/events takes."""
