using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Dates;

/// <summary>Timestamps as parts of date and time: first the numbers of all of them, then sines and cosines, then indicators.</summary>
/// <param name="features">In the service's order.</param>
internal sealed class DatesBlock(IReadOnlyList<DateEncoding> features) : EncodedBlock
{
    public IReadOnlyList<DateEncoding> Features { get; } = features;

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout)
    {
        string NameOf(DateEncoding feature) => layout.Columns[feature.Column].Name;
        return new()
        {
            Floats =
            [
                .. Features.SelectMany(f => CalendarPart.Of(f.Parts).Select(p => $"{NameOf(f)}.{p.Name}")),
                .. Features.SelectMany(f => CalendarPart.Of(f.CyclicParts).SelectMany(p => new[] { $"{NameOf(f)}.{p.Name}.sin", $"{NameOf(f)}.{p.Name}.cos" })),
                .. Features.Where(f => f.HasIndicator).Select(f => $"{NameOf(f)} is missing"),
            ],
        };
    }

    /// <inheritdoc/>
    public override void Encode(FeatureTable table, BlockRows rows)
    {
        var plain = 0;
        var cyclic = Features.Sum(f => f.Means.Count);
        var indicator = cyclic + Features.Sum(f => 2 * CalendarPart.Of(f.CyclicParts).Count());
        Span<long> parts = stackalloc long[CalendarPart.All.Count];
        foreach (var feature in Features)
        {
            var column = (NumberColumn<long>)table.Columns[feature.Column];
            var numbers = CalendarPart.Of(feature.Parts).Select(IndexOf).ToArray();
            var circles = CalendarPart.Of(feature.CyclicParts).Select(p => (Index: IndexOf(p), p.Least, Circle: p.Circle().ToArray())).ToArray();
            for (var row = 0; row < table.RowCount; row++)
            {
                if (!column.IsPresent(row))
                {
                    if (feature.HasIndicator)
                    {
                        rows.SetFloat(row, indicator, 1);
                    }

                    continue;
                }

                CivilTime.Split(column.Values[row], feature.UnitsPerSecond, feature.OffsetSeconds, parts);
                for (var i = 0; i < numbers.Length; i++)
                {
                    rows.SetFloat(row, plain + i, (float)((parts[numbers[i]] - feature.Means[i]) / feature.Deviations[i]));
                }

                for (var i = 0; i < circles.Length; i++)
                {
                    var (sine, cosine) = circles[i].Circle[parts[circles[i].Index] - circles[i].Least];
                    rows.SetFloat(row, cyclic + (2 * i), sine);
                    rows.SetFloat(row, cyclic + (2 * i) + 1, cosine);
                }
            }

            plain += numbers.Length;
            cyclic += 2 * circles.Length;
            indicator += feature.HasIndicator ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph) => new(DatesGraph.Write(this, graph));

    private static int IndexOf(CalendarPart part) => CalendarPart.All.ToList().IndexOf(part);
}
