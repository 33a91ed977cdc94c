using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>A feature has no value, and the model has no way to see that.</summary>
public sealed class NullFeatureException : MlPlatformException
{
    internal NullFeatureException(string model, int version, string feature, long row, FeatureStatus status, string message)
        : base(message)
        => (Model, Version, Feature, Row, Status) = (model, version, feature, row, status);

    /// <summary>Model name.</summary>
    public string Model { get; }

    /// <summary>Version that was asked.</summary>
    public int Version { get; }

    /// <summary>The feature without a value.</summary>
    public string Feature { get; }

    /// <summary>The first row without a value, from 0 in what the caller passed (a batch, a stream, a file).</summary>
    public long Row { get; }

    /// <summary>Why there is no value.</summary>
    public FeatureStatus Status { get; }
}
