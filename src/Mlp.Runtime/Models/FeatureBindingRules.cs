using System.Globalization;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Models;

/// <summary>The decision behind <see cref="FeatureBinding"/>, and the sentences for what does not fit.</summary>
internal sealed class FeatureBindingRules(string model, int? version, ModelSignature signature, FeatureRowLayout layout)
{
    private const long AnySize = -1;

    private static readonly FeatureType[] Types = Enum.GetValues<FeatureType>();

    private readonly FeatureInput?[] _bound = new FeatureInput?[signature.Inputs.Count];

    public IReadOnlyList<FeatureInput> Bind()
    {
        if (layout.Columns.Count == 0)
        {
            throw Error("Expected at least one feature, but found none");
        }

        BindStatus();
        if (HasInputPerFeature())
        {
            BindColumns();
        }
        else
        {
            BindBlocks();
        }

        var extra = Array.FindIndex(_bound, b => b is null);
        return extra < 0
            ? [.. _bound.Select(b => b!)]
            : throw Error($"Expected an input for features only, but found input {signature.Inputs[extra]}, which no feature fills");
    }

    /// <summary>No feature has type uint8, so an input of that name and type can mean nothing else.</summary>
    private void BindStatus()
    {
        var index = IndexOf(i => i.Name == FeatureBinding.StatusInput && i.ElementType == TensorElementKind.UInt8);
        if (index >= 0)
        {
            var width = layout.Columns.Count;
            var shape = RequireShape(signature.Inputs[index], TensorElementKind.UInt8, width, allowRankOne: false);
            _bound[index] = new FeatureInput(index, FeatureBinding.StatusInput, FeatureInputKind.Status, null, -1, 0, width, 2)
            {
                RowShape = shape.RowShape,
                FixedBatch = shape.FixedBatch,
            };
        }
    }

    /// <summary>With a single feature both forms are the same, whatever the input is called.</summary>
    private bool HasInputPerFeature()
        => IndexOf(i => layout.IndexOf(i.Name) >= 0) >= 0 && (_bound.Count(b => b is null) > 1 || layout.Columns.Count == 1);

    private void BindColumns()
    {
        for (var column = 0; column < layout.Columns.Count; column++)
        {
            var feature = layout.Columns[column];
            var kind = FeatureBinding.ElementKindOf(feature.Type);
            var index = IndexOf(i => i.Name == feature.Name);
            if (index < 0)
            {
                throw Error($"Expected input {Specification(feature.Name, kind, feature.Length)} for the feature of that name, but found no such input");
            }

            var input = signature.Inputs[index];
            RequireType(input, feature.Type, feature.Length);
            var shape = RequireShape(input, kind, feature.Length, allowRankOne: !feature.IsVector);
            _bound[index] = new FeatureInput(index, input.Name, FeatureInputKind.Column, feature.Type, column, layout.OffsetOf(column), feature.Length, shape.Rank)
            {
                Conversion = FeatureElements.ConversionOf(feature.Type, input.ElementType),
                RowShape = shape.RowShape,
                FixedBatch = shape.FixedBatch,
            };
        }
    }

    private void BindBlocks()
    {
        foreach (var type in Types.Where(t => layout.WidthOf(t) > 0))
        {
            var kind = FeatureBinding.ElementKindOf(type);
            var width = layout.WidthOf(type);
            var index = IndexOf(i => i.ElementType == kind);
            index = index >= 0 ? index : IndexOf(i => FeatureElements.TypeOf(i.ElementType) == type);
            if (index < 0)
            {
                throw MissingBlock(type, kind, width);
            }

            var input = signature.Inputs[index];
            var shape = RequireShape(input, kind, width, allowRankOne: false);
            _bound[index] = new FeatureInput(index, input.Name, FeatureInputKind.Block, type, -1, 0, width, 2)
            {
                Conversion = FeatureElements.ConversionOf(type, input.ElementType),
                RowShape = shape.RowShape,
                FixedBatch = shape.FixedBatch,
            };
        }
    }

    /// <summary>Names the input that was probably meant: the one with the conventional name, else the only one left.</summary>
    private InvalidModelException MissingBlock(FeatureType type, TensorElementKind kind, int width)
    {
        var name = FeatureBinding.BlockName(type);
        var likely = IndexOf(i => i.Name == name);
        if (likely < 0 && _bound.Count(b => b is null) == 1)
        {
            likely = Array.FindIndex(_bound, b => b is null);
        }

        return likely >= 0
            ? Mismatch(signature.Inputs[likely], kind, width)
            : Error($"Expected input {Specification(name, kind, width)}, but found {FoundInputs()}");
    }

    private void RequireType(TensorSpecification input, FeatureType type, int width)
    {
        if (FeatureElements.TypeOf(input.ElementType) != type)
        {
            throw Mismatch(input, FeatureBinding.ElementKindOf(type), width);
        }
    }

    private FeatureInputShape RequireShape(TensorSpecification input, TensorElementKind kind, int width, bool allowRankOne)
        => FeatureInputShape.Find(input.Dimensions, width) is { } shape && (allowRankOne || shape.Rank > 1) ? shape : throw Mismatch(input, kind, width);

    private int IndexOf(Func<TensorSpecification, bool> predicate)
    {
        for (var i = 0; i < _bound.Length; i++)
        {
            if (_bound[i] is null && predicate(signature.Inputs[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private string FoundInputs()
        => signature.Inputs.Count == 0 ? "no inputs" : "inputs " + string.Join(", ", signature.Inputs);

    private InvalidModelException Mismatch(TensorSpecification found, TensorElementKind kind, int width)
    {
        // "'x' of type Float64 [16, 31]" without the name, which the sentence has already said.
        var description = found.ToString()[($"'{found.Name}' of type ".Length)..];
        return Error($"Expected input {Specification(found.Name, kind, width)}, but found {description}");
    }

    private InvalidModelException Error(string sentence)
    {
        var where = version is { } number ? $"model '{model}' version {number.ToString(CultureInfo.InvariantCulture)}" : $"model '{model}'";
        return new InvalidModelException(model, $"{sentence} ({where}).");
    }

    private static TensorSpecification Specification(string name, TensorElementKind kind, int width) => new(name, kind, [AnySize, width]);
}
