namespace Mlp.Runtime.Hosting;

/// <summary>Another process owns the data directory.</summary>
/// <param name="path">Full path of the data directory.</param>
/// <param name="owner">The owner as it described itself; null when it left no description.</param>
/// <param name="waited">How long this process waited for it to leave.</param>
public sealed class DataDirectoryInUseException(string path, DataDirectoryOwner? owner, TimeSpan waited)
    : MlPlatformException(
        $"Expected to own the data directory '{path}', but {owner?.ToString() ?? "a process that left no description"} owns it and did not leave within {waited.TotalSeconds:0.###} s. "
        + $"Stop that process, use another directory, or set {nameof(MlPlatformOptions.Mode)} to {nameof(MlPlatformMode.Reader)}.")
{
    /// <summary>Full path of the data directory.</summary>
    public string Path { get; } = path;

    /// <summary>The owner as it described itself; null when it left no description.</summary>
    public DataDirectoryOwner? Owner { get; } = owner;

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
