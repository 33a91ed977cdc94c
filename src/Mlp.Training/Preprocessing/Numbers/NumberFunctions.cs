using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>The functions that numbers go through, here and as nodes. Both take the same steps; they differ by what logarithm and exponential differ in the last place.</summary>
internal static class NumberFunctions
{
    /// <summary>The function's value; NaN or infinite where it has none.</summary>
    /// <param name="function">The function.</param>
    /// <param name="value">A finite number.</param>
    /// <param name="power">λ of <see cref="NumberFunction.YeoJohnson"/>.</param>
    public static double Apply(NumberFunction function, double value, double power) => function switch
    {
        NumberFunction.Log => Math.Log(value),
        NumberFunction.Log1P => Math.Log(1 + value),
        NumberFunction.SignedLog => Math.Sign(value) * Math.Log(1 + Math.Abs(value)),
        NumberFunction.YeoJohnson => YeoJohnson(value, power),
        _ => value,
    };

    /// <summary>Writes what <see cref="NumberInput.Prepare"/> does.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">The numbers.</param>
    /// <param name="function">Their function.</param>
    /// <returns>Names of a double value of shape (N, inputs) and of a boolean one that says which are missing; of those the double value is anything.</returns>
    public static (string Values, string Missing) Prepare(EncodingGraph graph, IReadOnlyList<NumberInput> inputs, NumberFunction function)
    {
        var builder = graph.Builder;
        var width = inputs.Count;
        var raw = graph.Numbers([.. inputs.Select(n => (n.Column, n.Element))]);
        var values = raw;
        if (inputs.Any(n => double.IsFinite(n.Lower)))
        {
            var lower = graph.Constant("lower", [.. inputs.Select(n => n.Lower)], width);
            values = builder.AddNode("Where", [builder.AddNode("Less", [values, lower]), lower, values]);
        }

        if (inputs.Any(n => double.IsFinite(n.Upper)))
        {
            var upper = graph.Constant("upper", [.. inputs.Select(n => n.Upper)], width);
            values = builder.AddNode("Where", [builder.AddNode("Greater", [values, upper]), upper, values]);
        }

        // x − x is NaN for NaN and for both infinities.
        var difference = builder.AddNode("Sub", [raw, raw]);
        if (function != NumberFunction.None)
        {
            values = Write(graph, function, values, inputs);
            difference = builder.AddNode("Add", [difference, builder.AddNode("Sub", [values, values])]);
        }

        return (values, builder.AddNode("IsNaN", [difference], output: builder.UniqueName("is_missing")));
    }

    private static string Write(EncodingGraph graph, NumberFunction function, string values, IReadOnlyList<NumberInput> inputs)
    {
        var builder = graph.Builder;
        return function switch
        {
            NumberFunction.Log => builder.AddNode("Log", [values]),
            NumberFunction.Log1P => LogOfOneAnd(values),
            NumberFunction.SignedLog => builder.AddNode("Mul", [builder.AddNode("Sign", [values]), LogOfOneAnd(builder.AddNode("Abs", [values]))]),
            _ => WriteYeoJohnson(graph, values, LogOfOneAnd(builder.AddNode("Abs", [values])), [.. inputs.Select(n => n.Power)]),
        };

        string LogOfOneAnd(string value) => builder.AddNode("Log", [builder.AddNode("Add", [graph.Constant("one", [1d]), value])]);
    }

    // Both sides of 0 are (e^(p l) − 1) / p of l = ln(1 + |x|), with p = λ from 0 up and p = 2 − λ below, where the sign turns.
    private static double YeoJohnson(double value, double power)
    {
        var logarithm = Math.Log(1 + Math.Abs(value));
        var exponent = value < 0 ? 2 - power : power;
        var magnitude = exponent == 0 ? logarithm : (Math.Exp(exponent * logarithm) - 1) / exponent;
        return value < 0 ? -magnitude : magnitude;
    }

    private static string WriteYeoJohnson(EncodingGraph graph, string values, string logarithm, double[] powers)
    {
        var builder = graph.Builder;
        var isNegative = builder.AddNode("Less", [values, graph.Constant("zero_number", [0d])]);
        var exponent = builder.AddNode(
            "Where", [isNegative, graph.Constant("powers_below", [.. powers.Select(p => 2 - p)], powers.Length), graph.Constant("powers", powers, powers.Length)]);
        var isZero = builder.AddNode("Equal", [exponent, graph.Constant("zero_power", [0d])]);
        var divisor = builder.AddNode("Where", [isZero, graph.Constant("one_power", [1d]), exponent]);
        var raised = builder.AddNode("Exp", [builder.AddNode("Mul", [exponent, logarithm])]);
        var ratio = builder.AddNode("Div", [builder.AddNode("Sub", [raised, graph.Constant("one", [1d])]), divisor]);
        var magnitude = builder.AddNode("Where", [isZero, logarithm, ratio]);
        return builder.AddNode("Where", [isNegative, builder.AddNode("Neg", [magnitude]), magnitude]);
    }
}
