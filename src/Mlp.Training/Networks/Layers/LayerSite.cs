using System.Globalization;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks.Layers;

/// <summary>Where a layer stands: its name, what the network takes and how many outputs the task has.</summary>
/// <param name="Path">Names from the outermost block on, joined by dots; empty for the network.</param>
/// <param name="Kind">What the layer is, for messages.</param>
/// <param name="Width">Dense inputs of the network.</param>
/// <param name="Ids">Id columns of the network.</param>
/// <param name="Outputs">Outputs that the task needs.</param>
internal sealed record LayerSite(string Path, string Kind, int Width, IReadOnlyList<IdColumn> Ids, int Outputs)
{
    /// <summary>What the first layer takes.</summary>
    public TensorShape Input => (Width, Ids.Count) switch
    {
        (_, 0) => TensorShape.OfNumbers(Width),
        (0, _) => IdShape,
        _ => TensorShape.OfFeatures(Width),
    };

    /// <summary>The id columns as a shape.</summary>
    public TensorShape IdShape => TensorShape.OfIds(Ids.Max(c => c.Cardinality), Ids.Count);

    public LayerSite Child(string name, LayerDefinition layer) => this with { Path = Path.Length == 0 ? name : $"{Path}.{name}", Kind = layer.Kind };

    /// <summary>A weight's name in the saved file.</summary>
    public string NameOf(WeightSpecification weight) => Path.Length == 0 ? weight.Name : $"{Path}.{weight.Name}";

    /// <summary>The sentence of an input that a layer cannot take.</summary>
    /// <param name="expected">What it takes, for example <c>(N, channels, height, width)</c>.</param>
    /// <param name="found">What it gets.</param>
    public NetworkDefinitionException Refuse(string expected, TensorShape found) => Refuse($"its input to be {expected}, but found {found}");

    /// <summary>The sentence of a layer that does not fit its place.</summary>
    /// <param name="difference">What was expected and what was found, without a full stop.</param>
    public NetworkDefinitionException Refuse(string difference) => new($"Layer '{Path}' ({Kind}) expected {difference}.", Path);

    /// <summary>Requires numbers of a number of dimensions after the rows.</summary>
    public void RequireNumbers(TensorShape input, int least, int most, string expected)
    {
        if (input.Content != TensorContent.Numbers || input.Rank < least || input.Rank > most)
        {
            throw Refuse(expected, input);
        }
    }

    /// <summary>Requires an axis of one row's shape; -1 is the last.</summary>
    /// <returns>The axis from 0.</returns>
    public int RequireAxis(int axis, int rank)
        => axis >= -rank && axis < rank
            ? axis < 0 ? axis + rank : axis
            : throw Refuse(string.Create(CultureInfo.InvariantCulture, $"an axis of -{rank} to {rank - 1} for an input of {rank} dimensions after the rows, but found {axis}"));
}
