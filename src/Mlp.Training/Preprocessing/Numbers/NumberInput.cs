using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Where a number comes from, and what is done to it before it is scaled or put into a bucket.</summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Element">Which element of a vector it is; 0 for a number.</param>
/// <param name="HasIndicator">Whether an input of its own says that it is missing.</param>
/// <param name="Fill">What stands in for a missing one, cut off and put through the function already.</param>
internal sealed record NumberInput(int Column, int Element, bool HasIndicator, double Fill)
{
    /// <summary>The least number that is not raised to it.</summary>
    public double Lower { get; init; } = double.NegativeInfinity;

    /// <summary>The greatest number that is not lowered to it.</summary>
    public double Upper { get; init; } = double.PositiveInfinity;

    /// <summary>λ of <see cref="NumberFunction.YeoJohnson"/>.</summary>
    public double Power { get; init; } = 1;

    /// <summary>How the dense outputs call it.</summary>
    public string NameIn(FeatureRowLayout layout)
    {
        var feature = layout.Columns[Column];
        return feature.IsVector ? FormattableString.Invariant($"{feature.Name}[{Element}]") : feature.Name;
    }

    /// <summary>Cuts numbers off and puts them through the function, in place.</summary>
    /// <param name="values">Numbers; those that count as missing become NaN.</param>
    /// <param name="function">The function.</param>
    public void Prepare(Span<double> values, NumberFunction function)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            if (!double.IsFinite(value))
            {
                values[i] = double.NaN;
                continue;
            }

            var prepared = NumberFunctions.Apply(function, value < Lower ? Lower : value > Upper ? Upper : value, Power);
            values[i] = double.IsFinite(prepared) ? prepared : double.NaN;
        }
    }
}
