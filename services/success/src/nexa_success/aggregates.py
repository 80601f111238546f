"""The kinds of streams in this service's store, and what their decisions see beside their own stream."""
