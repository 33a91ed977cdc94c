using System.Globalization;

namespace Mlp.Training.Networks.Layers;

/// <summary>LSTM or GRU over sequences of shape (N, steps, inputs); states begin at 0.</summary>
/// <param name="Cell">How it steps.</param>
/// <param name="Units">Size of the state.</param>
/// <param name="Depth">Layers on top of each other.</param>
/// <param name="IsBidirectional">Whether a second state runs backwards.</param>
/// <param name="Dropout">Share of values left out between the layers while training.</param>
/// <param name="Output">What it gives to the next layer.</param>
/// <param name="Bias">Whether there are biases.</param>
internal sealed record RecurrentLayer(RecurrentCell Cell, int Units, int Depth, bool IsBidirectional, double Dropout, RecurrentOutput Output, bool Bias) : LayerDefinition
{
    private protected override string KindName => Cell == RecurrentCell.Lstm ? "LSTM" : "GRU";

    internal int Directions => IsBidirectional ? 2 : 1;

    private int Gates => Cell == RecurrentCell.Lstm ? 4 : 3;

    internal override IEnumerable<string> FindFailures()
        => [
            .. Least("units", Units, 1), .. Least("layers", Depth, 1), .. Share("dropout", Dropout),
            .. Enum.IsDefined(Cell) && Enum.IsDefined(Output) ? Array.Empty<string>() : ["Expected a known cell and output, but found others."],
        ];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 2, 2, "(N, steps, inputs)");
        return Output == RecurrentOutput.Sequence ? TensorShape.OfNumbers(input.Sizes[0], Directions * Units) : TensorShape.OfNumbers(Directions * Units);
    }

    /// <summary>Uniform within ±1/√units, as torch.nn.LSTM begins.</summary>
    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
        => [.. Enumerable.Range(0, Depth).SelectMany(depth => WeightsOf(depth, depth == 0 ? input.Sizes[1] : Directions * Units))];

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
    {
        var layers = new List<RecurrentStack>();
        for (var depth = 0; depth < Depth; depth++)
        {
            var inputs = depth == 0 ? input.Sizes[1] : Directions * Units;
            var stack = RecurrentStack.Create(Cell, inputs, Units, Bias, IsBidirectional);
            builder.Make(site, [.. WeightsOf(depth, inputs)], stack.Weights.ToDictionary(p => Rename(p.Key, depth), p => p.Value, StringComparer.Ordinal));
            layers.Add(stack);
        }

        return new RecurrentModule(site, this, layers);
    }

    private IEnumerable<WeightSpecification> WeightsOf(int depth, int inputs)
    {
        var initialisation = WeightInitialisation.Uniform(1 / Math.Sqrt(Units));
        foreach (var direction in new[] { string.Empty, "_reverse" }.Take(Directions))
        {
            var suffix = string.Create(CultureInfo.InvariantCulture, $"_l{depth}{direction}");
            yield return new("weight_ih" + suffix, [Gates * Units, inputs], initialisation);
            yield return new("weight_hh" + suffix, [Gates * Units, Units], initialisation);
            if (Bias)
            {
                yield return new("bias_ih" + suffix, [Gates * Units], initialisation);
                yield return new("bias_hh" + suffix, [Gates * Units], initialisation);
            }
        }
    }

    // weight_ih_l0_reverse of one layer is weight_ih_l{depth}_reverse of the whole.
    private static string Rename(string name, int depth) => name.Replace("_l0", string.Create(CultureInfo.InvariantCulture, $"_l{depth}"), StringComparison.Ordinal);
}
