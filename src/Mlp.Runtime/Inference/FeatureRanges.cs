using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Looks whether int64 features have the narrower integer type of their input, before any row of a run is brought to it: a row that does not must fail by itself, and not the calls that
/// share its run. Immutable and thread-safe.
/// </summary>
internal sealed class FeatureRanges
{
    private readonly ModelManifest _manifest;
    private readonly FeatureRowLayout _layout;
    private readonly Range[] _ranges;

    private FeatureRanges(ModelManifest manifest, FeatureRowLayout layout, Range[] ranges)
        => (_manifest, _layout, _ranges) = (manifest, layout, ranges);

    /// <summary>Finds the features.</summary>
    /// <param name="manifest">The version, for messages.</param>
    /// <param name="inputs">Which features fill which input.</param>
    /// <returns>Null if every value of every feature fits.</returns>
    public static FeatureRanges? Create(ModelManifest manifest, InputPlan inputs)
    {
        var ranges = new List<Range>();
        for (var i = 0; i < inputs.Inputs.Count; i++)
        {
            var input = inputs.Inputs[i];
            if (input.Conversion is { } kind && FeatureElements.RangeOf(kind) is var (least, greatest))
            {
                ranges.Add(new Range(i, input.Ordinal, input.Width, kind, least, greatest));
            }
        }

        return ranges.Count == 0 ? null : new FeatureRanges(manifest, inputs.Layout, [.. ranges]);
    }

    /// <summary>Refuses rows with a value that does not fit.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="firstRow">What the first of them is in what the caller passed, for messages.</param>
    /// <exception cref="FeatureRangeException">A value does not fit.</exception>
    public void Require(FeatureRows rows, int firstRow)
    {
        foreach (var range in _ranges)
        {
            for (var row = 0; row < rows.RowCount; row++)
            {
                Require(range, rows.Int64Of(row).Slice(range.Ordinal, range.Width), (long)firstRow + row);
            }
        }
    }

    /// <summary>Refuses rows, which have been written to the inputs themselves, with a value that does not fit.</summary>
    /// <param name="inputs">The inputs of a slot.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="firstRow">What the first of them is in what the caller passed, for messages.</param>
    /// <exception cref="FeatureRangeException">A value does not fit.</exception>
    public void Require(IReadOnlyList<InputBuffer> inputs, int rowCount, long firstRow)
    {
        foreach (var range in _ranges)
        {
            var values = ((IInputMemory<long>)inputs[range.Input]).Memory.Span;
            for (var row = 0; row < rowCount; row++)
            {
                Require(range, values.Slice(row * range.Width, range.Width), firstRow + row);
            }
        }
    }

    private void Require(in Range range, ReadOnlySpan<long> values, long row)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] < range.Least || values[i] > range.Greatest)
            {
                throw Refuse(range, range.Ordinal + i, row);
            }
        }
    }

    private FeatureRangeException Refuse(in Range range, int ordinal, long row)
    {
        var feature = _layout.Columns.Where((c, i) => c.Type == FeatureType.Int64 && _layout.OffsetOf(i) == ordinal).Single().Name;
        return new FeatureRangeException(
            _manifest.Name,
            _manifest.Version,
            feature,
            row,
            range.Kind,
            FormattableString.Invariant(
                $"Expected feature '{feature}' to be from {range.Least} to {range.Greatest}, since the model takes it as {range.Kind}, but found another value in row {row}, counted from 0 ({_manifest.Where})."));
    }

    /// <summary>One input of narrower integers.</summary>
    private readonly record struct Range(int Input, int Ordinal, int Width, TensorElementKind Kind, long Least, long Greatest);
}
