default_widget_makers: dict[type, type]
