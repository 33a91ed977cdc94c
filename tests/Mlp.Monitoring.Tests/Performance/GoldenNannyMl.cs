using System.Globalization;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Performance;

/// <summary>NannyML's answers on elec.csv, from the reference data.</summary>
internal static class GoldenNannyMl
{
    public const string Folder = "golden/nannyml";
    public const int ChunkSize = 2_000;

    /// <summary>Scores and labels of a part, in the order of time.</summary>
    public static (double[] Scores, byte[] Labels) Rows(string part)
    {
        var rows = File.ReadLines(Path.Combine(ReferenceData.Find(Folder)!, "predictions.csv")).Skip(1).Select(l => l.Split(',')).Where(f => f[0] == part).ToArray();
        return (Array.ConvertAll(rows, f => Number(f[1])), Array.ConvertAll(rows, f => byte.Parse(f[3], CultureInfo.InvariantCulture)));
    }

    /// <summary>The lines of a table, by column.</summary>
    public static List<Dictionary<string, string>> Table(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(ReferenceData.Find(Folder)!, name));
        var header = lines[0].Split(',');
        return [.. lines.Skip(1).Select(l => header.Zip(l.Split(',')).ToDictionary(p => p.First, p => p.Second))];
    }

    public static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
