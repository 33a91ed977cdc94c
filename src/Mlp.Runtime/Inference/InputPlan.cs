using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>The features of a call and which inputs of the model they fill. Immutable.</summary>
/// <param name="Layout">The features.</param>
/// <param name="Inputs">One entry per input of the model.</param>
internal sealed record InputPlan(FeatureRowLayout Layout, IReadOnlyList<FeatureInput> Inputs)
{
    private const string CallByName = "A model of other inputs is published with task Tensors, and called by its inputs and outputs.";

    /// <summary>That of a model which is called by named inputs.</summary>
    public static InputPlan None { get; } = new(new FeatureRowLayout([]), []);

    /// <summary>Rows of every run, where the file fixes them; 0 where it does not.</summary>
    public int FixedBatch { get; } = Inputs.Count == 0 ? 0 : Inputs.Max(i => i.FixedBatch);

    /// <summary>Whether the session reads tensors of its own that are filled before a run, and not the memory of the rows: they have another element type, or a fixed number of rows.</summary>
    public bool NeedsWindow { get; } = Inputs.Any(i => i.FixedBatch > 0 || i.Conversion is not null);

    /// <summary>Whether a span of float says everything that the model takes.</summary>
    public bool TakesFloatsOnly => Layout.HoldsNumbersOfFloat32Only;

    /// <summary>For a model whose features are described.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="features">The features in order.</param>
    /// <exception cref="InvalidModelException">The model's inputs do not fit the features.</exception>
    public static InputPlan ForFeatures(ModelManifest manifest, FeatureRowLayout features)
        => Create(manifest, features, FeatureBinding.Create(manifest.Name, manifest.Version > 0 ? manifest.Version : null, manifest.Signature, features).Inputs);

    /// <summary>
    /// For a model whose callers bring the inputs themselves: each input of one value per row is a feature of that name, and an input 'x' of k values per row
    /// is the features 'x[0]' to 'x[k-1]', row-major.
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
            var (type, shape) = Describe(manifest, input);
            var width = shape.Width;
            var kind = width == 1 ? FeatureInputKind.Column : FeatureInputKind.Block;
            inputs.Add(new FeatureInput(i, input.Name, kind, type, columns.Count, counts[(int)type], width, shape.Rank)
            {
                Conversion = FeatureElements.ConversionOf(type, input.ElementType),
                RowShape = shape.RowShape,
                FixedBatch = shape.FixedBatch,
            });
            counts[(int)type] += width;
            for (var c = 0; c < width; c++)
            {
                columns.Add(new FeatureColumn(width == 1 ? input.Name : FormattableString.Invariant($"{input.Name}[{c}]"), type, string.Empty));
            }
        }

        return Create(manifest, new FeatureRowLayout(columns), inputs);
    }

    private static InputPlan Create(ModelManifest manifest, FeatureRowLayout layout, IReadOnlyList<FeatureInput> inputs)
    {
        int[] batches = [.. inputs.Select(i => i.FixedBatch).Where(b => b > 0).Distinct()];
        return batches.Length <= 1
            ? new InputPlan(layout, inputs)
            : throw new InvalidModelException(
                manifest.Name,
                $"Expected inputs of the same number of rows, but found {string.Join(" and ", batches)} ({manifest.Where}). {CallByName}");
    }

    private static (FeatureType Type, FeatureInputShape Shape) Describe(ModelManifest manifest, TensorSpecification input)
    {
        if (FeatureElements.TypeOf(input.ElementType) is not { } type)
        {
            throw new InvalidModelException(
                manifest.Name,
                $"Expected input '{input.Name}' to hold numbers, truth values or texts, but found {input} ({manifest.Where}). {CallByName}");
        }

        return FeatureInputShape.Find(input.Dimensions, width: null) is { } shape
            ? (type, shape)
            : throw new InvalidModelException(
                manifest.Name,
                $"Expected input '{input.Name}' to say how many features a row has, since none are described, but found {input} ({manifest.Where}). Describe them in {nameof(ModelPackage)}.{nameof(ModelPackage.Features)} when the model is published. {CallByName}");
    }
}
