using System.Globalization;
using System.Text;

namespace Mlp.Training.Networks.Layers;

/// <summary>A network's layers with their shapes and parameters.</summary>
/// <param name="Layers">The layers in the order of the forward pass; a block comes before the layers within it.</param>
public sealed record NetworkSummary(IReadOnlyList<LayerSummary> Layers)
{
    /// <summary>Numbers that the optimizer moves.</summary>
    public long ParameterCount => Layers.Sum(l => l.ParameterCount);

    /// <summary>A table: name, kind, output and parameters of each layer, and their sum.</summary>
    public override string ToString()
    {
        (string Name, string Kind, string Output, string Parameters)[] rows =
        [
            ("Name", "Layer", "Output", "Parameters"),
            .. Layers.Select(l => (l.Name, l.Kind, l.Output.ToString(), Count(l.ParameterCount))),
            ("Total", string.Empty, string.Empty, Count(ParameterCount)),
        ];
        var (name, kind, output, parameters) = (rows.Max(r => r.Name.Length), rows.Max(r => r.Kind.Length), rows.Max(r => r.Output.Length), rows.Max(r => r.Parameters.Length));
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.Append(row.Name.PadRight(name + 2)).Append(row.Kind.PadRight(kind + 2)).Append(row.Output.PadRight(output + 2)).Append(row.Parameters.PadLeft(parameters)).Append('\n');
        }

        return text.ToString();
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
