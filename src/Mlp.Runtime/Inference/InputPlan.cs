using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>The features of a call and which inputs of the model they fill. Immutable.</summary>
/// <param name="Layout">The features.</param>
/// <param name="Inputs">One entry per input of the model.</param>
internal sealed record InputPlan(FeatureRowLayout Layout, IReadOnlyList<FeatureInput> Inputs)
{
    /// <summary>That of a model which is called by named inputs.</summary>
    public static InputPlan None { get; } = new(new FeatureRowLayout([]), []);

    /// <summary>Whether a span of float says everything that the model takes.</summary>
    public bool TakesFloatsOnly => Layout.HoldsNumbersOfFloat32Only;

    /// <summary>For a model whose features are described.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="features">The features in order.</param>
    /// <exception cref="InvalidModelException">The model's inputs do not fit the features.</exception>
    public static InputPlan ForFeatures(ModelManifest manifest, FeatureRowLayout features)
        => new(features, FeatureBinding.Create(manifest.Name, manifest.Version, manifest.Signature, features).Inputs);

    /// <summary>
    /// For a model whose callers bring the inputs themselves: each input of shape (rows, 1) or (rows) is a feature of that name, and an input 'x' of shape
    /// (rows, k) is the features 'x[0]' to 'x[k-1]'.
    /// </summary>
    /// <param name="manifest">The version.</param>
    /// <exception cref="InvalidModelException">An input has a type or shape that features cannot fill.</exception>
    public static InputPlan ForSignature(ModelManifest manifest)
    {
        var columns = new List<FeatureColumn>();
        var inputs = new List<FeatureInput>();
        var counts = new int[Enum.GetValues<FeatureType>().Length + 1];
        for (var i = 0; i < manifest.Signature.Inputs.Count; i++)
        {
            var input = manifest.Signature.Inputs[i];
            var (type, width) = Describe(manifest, input);
            var kind = width == 1 ? FeatureInputKind.Column : FeatureInputKind.Block;
            inputs.Add(new FeatureInput(i, input.Name, kind, type, columns.Count, counts[(int)type], width, input.Dimensions.Count));
            counts[(int)type] += width;
            for (var c = 0; c < width; c++)
            {
                columns.Add(new FeatureColumn(width == 1 ? input.Name : FormattableString.Invariant($"{input.Name}[{c}]"), type, string.Empty));
            }
        }

        return new InputPlan(new FeatureRowLayout(columns), inputs);
    }

    private static (FeatureType Type, int Width) Describe(ModelManifest manifest, TensorSpecification input)
    {
        FeatureType? type = input.ElementType switch
        {
            TensorElementKind.Float32 => FeatureType.Float32,
            TensorElementKind.Float64 => FeatureType.Float64,
            TensorElementKind.Int64 => FeatureType.Int64,
            TensorElementKind.Boolean => FeatureType.Boolean,
            TensorElementKind.String => FeatureType.String,
            _ => null,
        };
        int? width = input.Dimensions switch
        {
            [-1] => 1,
            [-1, > 0 and <= int.MaxValue and var columns] => (int)columns,
            _ => null,
        };
        return type is { } knownType && width is { } knownWidth
            ? (knownType, knownWidth)
            : throw new InvalidModelException(
                manifest.Name,
                FormattableString.Invariant(
                    $"Expected input '{input.Name}' of shape [N, width] or [N] and of type Float32, Float64, Int64, Boolean or String, but found {input} (model '{manifest.Name}' version {manifest.Version}). A model of other inputs is published with task Tensors, and called by its inputs and outputs."));
    }
}
