using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Models;

/// <summary>
/// Says for each input of a model which features fill it. Two forms are understood: one tensor per element type that holds all features of that type
/// (any name; what this platform exports), or one tensor per feature, named like it (what scikit-learn pipelines export). A vector is as many columns as it is long, in either. Both may have an
/// input <c>status</c> beside it. A tensor of a narrower type takes them too (<see cref="FeatureElements"/>), and so does one of a fixed number of rows or of more dimensions
/// (<see cref="FeatureInputShape"/>). Immutable and thread-safe.
/// </summary>
internal sealed class FeatureBinding
{
    /// <summary>Name of the input that takes the status of every feature.</summary>
    public const string StatusInput = "status";

    private FeatureBinding(FeatureRowLayout layout, IReadOnlyList<FeatureInput> inputs)
    {
        Layout = layout;
        Inputs = inputs;
    }

    /// <summary>The features.</summary>
    public FeatureRowLayout Layout { get; }

    /// <summary>One entry per input of the signature, in its order.</summary>
    public IReadOnlyList<FeatureInput> Inputs { get; }

    /// <summary>Whether every input is a whole block of <see cref="FeatureRows"/> (or the status).</summary>
    public bool IsBlocks => Inputs.All(i => i.Kind != FeatureInputKind.Column);

    /// <summary>Name by convention of the input that takes all features of a type, for example <c>float32</c>.</summary>
    /// <param name="type">The type.</param>
    public static string BlockName(FeatureType type) => EnumTerms<FeatureType>.Of(type);

    /// <summary>The element type of tensors that take features of a type as they are.</summary>
    /// <param name="type">The type.</param>
    public static TensorElementKind ElementKindOf(FeatureType type) => type switch
    {
        FeatureType.Float32 => TensorElementKind.Float32,
        FeatureType.Float64 => TensorElementKind.Float64,
        FeatureType.Int64 => TensorElementKind.Int64,
        FeatureType.Boolean => TensorElementKind.Boolean,
        FeatureType.String => TensorElementKind.String,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Expected a feature type."),
    };

    /// <summary>Decides which features fill which input.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="version">Version of the model, for messages; null while it is not published.</param>
    /// <param name="signature">The model's inputs.</param>
    /// <param name="layout">The features in the service's order.</param>
    /// <exception cref="InvalidModelException">The inputs fit the features in neither form.</exception>
    public static FeatureBinding Create(string model, int? version, ModelSignature signature, FeatureRowLayout layout)
        => new(layout, new FeatureBindingRules(model, version, signature, layout).Bind());
}
