namespace Mlp.Training.Networks.Layers;

/// <summary>How the values of a weight begin. Immutable.</summary>
public sealed class WeightInitialisation
{
    private readonly Func<SeededRandom, float> _draw;

    private WeightInitialisation(Func<SeededRandom, float> draw) => _draw = draw;

    /// <summary>All values the same.</summary>
    /// <param name="value">The value.</param>
    public static WeightInitialisation Constant(float value) => new(_ => value);

    /// <summary>Uniform in [-bound, bound).</summary>
    /// <param name="bound">The bound; 1 / √inputs for most of PyTorch's layers.</param>
    public static WeightInitialisation Uniform(double bound) => new(random => (float)(((2 * random.NextDouble()) - 1) * bound));

    /// <summary>Normal with mean 0 (Box and Muller, 1958).</summary>
    /// <param name="deviation">The standard deviation.</param>
    public static WeightInitialisation Normal(double deviation)
        => new(random => (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));

    internal void Fill(Span<float> values, SeededRandom random)
    {
        foreach (ref var value in values)
        {
            value = _draw(random);
        }
    }
}
