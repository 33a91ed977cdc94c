using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Training.Tests.Networks;

/// <summary>The 1994 census (Kohavi, 1996), in the order of the file.</summary>
internal static class AdultRows
{
    public const string File = "data/adult.csv";
    private const int RowCount = 12_000;

    private static readonly string[] Numbers = ["age", "education_num", "capital_gain", "capital_loss", "hr_per_week"];
    private static readonly string[] Texts = ["type_employer", "education", "marital", "occupation", "relationship", "race", "sex", "country"];

    /// <summary>Reads rows.</summary>
    /// <param name="count">How many of the first.</param>
    /// <param name="isTaken">Which of them, by their line from 1; null for all.</param>
    public static ArrowTrainingSet Read(int count = RowCount, Func<int, bool>? isTaken = null)
    {
        var lines = System.IO.File.ReadLines(ReferenceData.Find(File)!).Take((int)Math.Min(count + 1L, int.MaxValue)).Where((_, i) => i == 0 || isTaken?.Invoke(i) != false).Select(l => l.Split(',')).ToList();
        var header = lines[0];
        var rows = new Rows();
        foreach (var name in Numbers)
        {
            rows.Int64(name, [.. Column(name).Select(v => (long?)long.Parse(v, CultureInfo.InvariantCulture))]);
        }

        foreach (var name in Texts)
        {
            rows.Text(name, [.. Column(name).Select(v => v.Trim() is "?" or "" ? null : v.Trim())]);
        }

        return rows.Label("income", [.. Column("income").Select(v => v.Trim().StartsWith(">50K", StringComparison.Ordinal))]).Set("income");

        IEnumerable<string> Column(string name)
        {
            var index = Array.IndexOf(header, name);
            return lines.Skip(1).Select(l => l[index]);
        }
    }
}
