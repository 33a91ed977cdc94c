namespace Mlp.Runtime.Hosting;

/// <summary>Where the parts of the platform keep their files. Immutable; says nothing about what exists.</summary>
/// <param name="root">Full path of the data directory.</param>
/// <param name="mode">How this process uses it.</param>
public sealed class DataDirectory(string root, MlPlatformMode mode)
{
    /// <summary>Full path of the data directory.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>How this process uses it.</summary>
    public MlPlatformMode Mode { get; } = mode;

    /// <summary>Whether this process may write the online store and the prediction log.</summary>
    public bool IsOwner => Mode == MlPlatformMode.Owner;

    /// <summary>Models, versions and aliases.</summary>
    public string Registry => Path.Combine(Root, "registry");

    /// <summary>Feature definitions, online and offline store.</summary>
    public string Features => Path.Combine(Root, "features");

    /// <summary>Prediction logs, one folder per model.</summary>
    public string Predictions => Path.Combine(Root, "predictions");

    /// <summary>Labels, one segment per writer.</summary>
    public string Labels => Path.Combine(Root, "labels");

    /// <summary>Training runs.</summary>
    public string Runs => Path.Combine(Root, "runs");
}
