"""Pictures: functions of a result that return a Matplotlib figure. Nothing is shown or written here."""
