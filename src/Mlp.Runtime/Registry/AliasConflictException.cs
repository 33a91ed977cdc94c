namespace Mlp.Runtime.Registry;

/// <summary>An alias was moved by somebody else between reading and moving it. Reading it again and deciding anew helps.</summary>
/// <param name="model">Model name.</param>
/// <param name="alias">Alias.</param>
/// <param name="expectedRevision">The revision the caller saw.</param>
/// <param name="actualRevision">The revision found.</param>
public sealed class AliasConflictException(string model, string alias, long expectedRevision, long actualRevision)
    : MlPlatformException($"Expected alias '{alias}' of model '{model}' at revision {expectedRevision}, but found revision {actualRevision}: it was moved in between.")
{
    /// <summary>Model name.</summary>
    public string Model { get; } = model;

    /// <summary>Alias.</summary>
    public string Alias { get; } = alias;

    /// <summary>The revision the caller saw.</summary>
    public long ExpectedRevision { get; } = expectedRevision;

    /// <summary>The revision found.</summary>
    public long ActualRevision { get; } = actualRevision;

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
