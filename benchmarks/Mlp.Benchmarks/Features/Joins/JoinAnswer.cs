using Apache.Arrow;

namespace Mlp.Benchmarks.Features.Joins;

/// <summary>What a way to join has found, for comparison: how many values of the first feature, and their sum in the order of the labels.</summary>
internal sealed record JoinAnswer
{
    internal long Present { get; private set; }

    internal double Sum { get; private set; }

    internal void Add(FloatArray values)
    {
        for (var row = 0; row < values.Length; row++)
        {
            if (values.GetValue(row) is { } value && !float.IsNaN(value))
            {
                Present++;
                Sum += value;
            }
        }
    }

    public override string ToString() => FormattableString.Invariant($"{Present} values of f0 present, sum {Sum:F3}");
}
