"""The ways out of the package and into it: values in, values out, no estimators."""
