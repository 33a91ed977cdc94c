namespace Mlp.CrashChild.Steps;

/// <summary>The feature views that steps work on.</summary>
public enum StoreView
{
    /// <summary>Version 1 of a view with one key and a source of created times.</summary>
    First,

    /// <summary>Its version 2: a number widened, a text renamed, a feature added, another time to live.</summary>
    Second,

    /// <summary>A view with two keys whose rows become known when they are pushed.</summary>
    Pair,
}
