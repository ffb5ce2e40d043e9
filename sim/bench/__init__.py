"""What the model costs: the choice kernel against C, the week against one object per consumer.

Everything that is compared is timed in turns in one run (A B A B ...), so that a machine that slows
down meanwhile slows down all of it; medians are reported.
"""
