using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>An int64 feature has a value that the narrower integers of the model's input do not have.</summary>
public sealed class FeatureRangeException : MlPlatformException
{
    internal FeatureRangeException(string model, int version, string feature, long row, TensorElementKind elementType, string message)
        : base(message)
        => (Model, Version, Feature, Row, ElementType) = (model, version, feature, row, elementType);

    /// <summary>Model name.</summary>
    public string Model { get; }

    /// <summary>Version that was asked.</summary>
    public int Version { get; }

    /// <summary>The feature.</summary>
    public string Feature { get; }

    /// <summary>The first such row, from 0 in what the caller passed (a batch, a stream, a file).</summary>
    public long Row { get; }

    /// <summary>Element type of the model's input.</summary>
    public TensorElementKind ElementType { get; }
}
