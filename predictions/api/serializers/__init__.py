"""What the API answers with. Output only; keys of one part are plain slugs."""
