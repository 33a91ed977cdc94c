using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks.Layers;

/// <summary>
/// What a network computes: layers one after the other, without sizes of inputs and without weights. It can be shown, saved as JSON, trained any number of times and exported.
/// Immutable.
/// </summary>
public sealed class NetworkDefinition
{
    private readonly SequentialBlock _root;

    /// <summary>Defines a network.</summary>
    /// <param name="layers">The layers in order; the last one gives as many numbers per row as the task has outputs, which <see cref="Layer.Output"/> does for every task.</param>
    /// <exception cref="ArgumentException">There is no layer, or two have one name.</exception>
    public NetworkDefinition(params IReadOnlyList<LayerDefinition> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        if (layers.Count == 0 || layers.Any(l => l is null))
        {
            throw new ArgumentException("Expected at least one layer and no null, but found others.", nameof(layers));
        }

        _root = (SequentialBlock)Layer.Checked(new SequentialBlock([.. layers]));
    }

    /// <summary>The layers in order.</summary>
    public IReadOnlyList<LayerDefinition> Layers => _root.Layers;

    /// <summary>Shapes and parameters of the network over given features.</summary>
    /// <param name="width">Numbers per row that the network takes, from 0.</param>
    /// <param name="outputs">Outputs of the task, from 1.</param>
    /// <param name="cardinalities">Number of different ids of each id column; empty or null without such columns.</param>
    /// <exception cref="NetworkDefinitionException">A layer does not fit what comes before it, or the last one does not give the outputs.</exception>
    public NetworkSummary Describe(int width, int outputs = 1, IReadOnlyList<int>? cardinalities = null)
        => Describe(width, [.. (cardinalities ?? []).Select((c, i) => new IdColumn(FormattableString.Invariant($"id {i}"), c))], outputs);

    /// <summary>The definition as JSON with a format version. Modules of the application's own are in it by their names.</summary>
    public string ToJson() => NetworkDefinitionJson.Write(this);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="modules">Makes the application's own modules, by name; null without such modules.</param>
    /// <exception cref="NetworkDefinitionException">It is no definition, of a newer format, or names a module that is not among <paramref name="modules"/>.</exception>
    public static NetworkDefinition FromJson(string json, IReadOnlyDictionary<string, Func<IUserModule>>? modules = null) => NetworkDefinitionJson.Read(json, modules);

    /// <summary>The kinds of its layers.</summary>
    public override string ToString() => string.Join(", ", Layers.Select(l => l.Kind));

    internal NetworkSummary Describe(int width, IReadOnlyList<IdColumn> ids, int outputs)
    {
        var site = Site(width, ids, outputs);
        var layers = new List<LayerSummary>();
        Visit(_root.Parts(site.Input, site), layers);
        RequireOutputs(_root.Infer(site.Input, site), site);
        return new(layers);
    }

    /// <summary>Shape of what the last layer gives, whatever the task needs.</summary>
    internal TensorShape OutputShape(int width)
    {
        var site = Site(width, [], outputs: 1);
        return _root.Infer(site.Input, site);
    }

    internal LayerModule Build(int width, IReadOnlyList<IdColumn> ids, int outputs, LayerBuilder builder)
    {
        var site = Site(width, ids, outputs);
        RequireOutputs(_root.Infer(site.Input, site), site);
        return _root.Build(site.Input, site, builder);
    }

    private LayerSite Site(int width, IReadOnlyList<IdColumn> ids, int outputs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        return width + ids.Count > 0
            ? new(string.Empty, _root.Kind, width, ids, outputs)
            : throw new NetworkDefinitionException("Expected at least one number or id for the network to take, but the features give none.");
    }

    private static void Visit(IEnumerable<LayerPart> parts, List<LayerSummary> layers)
    {
        foreach (var part in parts)
        {
            var output = part.Output;
            var parameters = part.Layer.Weights(part.Input, part.Site).Where(w => w.Role == WeightRole.Parameter).Sum(w => w.Count);
            layers.Add(new(part.Site.Path, part.Layer.Kind, output, parameters));
            Visit(part.Layer.Parts(part.Input, part.Site), layers);
        }
    }

    private static void RequireOutputs(TensorShape output, LayerSite site)
    {
        var expected = TensorShape.OfNumbers(site.Outputs);
        if (!output.Equals(expected))
        {
            throw new NetworkDefinitionException(
                $"Expected the network to end with {expected}, one number per output of the task, but its last layer gives {output}: Layer.Output() has the size that the task needs.");
        }
    }
}
