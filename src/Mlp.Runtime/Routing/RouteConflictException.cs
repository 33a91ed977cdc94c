namespace Mlp.Runtime.Routing;

/// <summary>A route was changed by somebody else between reading and changing it. Reading it again and deciding anew helps.</summary>
/// <param name="model">Model name.</param>
/// <param name="expectedRevision">The revision the caller saw.</param>
/// <param name="actualRevision">The revision found.</param>
public sealed class RouteConflictException(string model, long expectedRevision, long actualRevision)
    : MlPlatformException(FormattableString.Invariant(
        $"Expected the route of model '{model}' at revision {expectedRevision}, but found revision {actualRevision}: it was changed in between."))
{
    /// <summary>Model name.</summary>
    public string Model { get; } = model;

    /// <summary>The revision the caller saw.</summary>
    public long ExpectedRevision { get; } = expectedRevision;

    /// <summary>The revision found.</summary>
    public long ActualRevision { get; } = actualRevision;

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
