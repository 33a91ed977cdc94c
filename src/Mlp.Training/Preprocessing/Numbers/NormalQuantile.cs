using Mlp.Runtime.Statistics;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Φ⁻¹ of a share, which is first kept 1e-7 away from 0 and 1: ±5.2. As nodes it takes the steps of <see cref="NormalDistribution.Quantile"/>, of which the far tail is never reached.</summary>
internal static class NormalQuantile
{
    private const double Least = 1e-7;
    private const double Centre = 0.425;
    private const double CentreSquared = 0.180625;
    private const double MiddleOffset = 1.6;

    /// <summary>Φ⁻¹.</summary>
    /// <param name="share">0 to 1.</param>
    public static double Of(double share) => NormalDistribution.Quantile(Math.Clamp(share, Least, 1 - Least));

    /// <summary>Writes it.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="shares">Name of a double value.</param>
    /// <returns>Name of a double value of the same shape.</returns>
    public static string Write(EncodingGraph graph, string shares)
    {
        var builder = graph.Builder;
        var share = builder.AddNode("Clip", [shares, graph.Constant("least_share", [Least]), graph.Constant("greatest_share", [1 - Least])]);
        var centred = builder.AddNode("Sub", [share, graph.Constant("half", [0.5])]);
        var r = builder.AddNode("Sub", [graph.Constant("centre_squared", [CentreSquared]), builder.AddNode("Mul", [centred, centred])]);
        var central = builder.AddNode("Mul", [centred, Ratio(graph, r, NormalDistribution.CentralNumerator, NormalDistribution.CentralDenominator)]);

        var isLower = builder.AddNode("Less", [centred, graph.Constant("zero_share", [0d])]);
        var tail = builder.AddNode("Where", [isLower, share, builder.AddNode("Sub", [graph.Constant("one_share", [1d]), share])]);
        var distance = builder.AddNode("Sqrt", [builder.AddNode("Neg", [builder.AddNode("Log", [tail])])]);
        var magnitude = Ratio(
            graph, builder.AddNode("Sub", [distance, graph.Constant("middle_offset", [MiddleOffset])]), NormalDistribution.MiddleNumerator, NormalDistribution.MiddleDenominator);
        var outer = builder.AddNode("Where", [isLower, builder.AddNode("Neg", [magnitude]), magnitude]);
        var isCentral = builder.AddNode("LessOrEqual", [builder.AddNode("Abs", [centred]), graph.Constant("centre", [Centre])]);
        return builder.AddNode("Where", [isCentral, central, outer]);
    }

    private static string Ratio(EncodingGraph graph, string value, ReadOnlySpan<double> numerator, ReadOnlySpan<double> denominator)
        => graph.Builder.AddNode("Div", [Polynomial(graph, value, numerator), Polynomial(graph, value, denominator)]);

    private static string Polynomial(EncodingGraph graph, string value, ReadOnlySpan<double> coefficients)
    {
        var sum = graph.Constant("coefficient", [coefficients[^1]]);
        for (var i = coefficients.Length - 2; i >= 0; i--)
        {
            sum = graph.Builder.AddNode("Add", [graph.Builder.AddNode("Mul", [sum, value]), graph.Constant("coefficient", [coefficients[i]])]);
        }

        return sum;
    }
}
