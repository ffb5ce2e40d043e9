"""The market once more, written to be read: one Mesa agent a consumer, plain Python floats.

Read `choice` for the utility and its shocks, `consumer` for what a person does in a week, `network`
for who hears from whom, `teams` for team purchase, `model` for the order of the week. The fast model
in ``sim`` must make the same choices (`test_reference`, `test_teams_agree`); nothing here is shared
with its loops over consumers.
"""
