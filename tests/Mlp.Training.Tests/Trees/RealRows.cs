using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Training.Tests.Trees;

/// <summary>The real data sets as training sets, whole or by rows.</summary>
internal static class RealRows
{
    public const string Adult = "data/adult.csv";
    public const string Bike = "data/bike_hour.csv";

    private static readonly string[] AdultNumbers = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hr_per_week"];
    private static readonly string[] AdultTexts = ["type_employer", "education", "marital", "occupation", "relationship", "race", "sex", "country"];

    public static readonly string[] BikeFeatures = ["season", "year", "month", "hour", "holiday", "weekday", "workingday", "weathersit", "temp", "feelingTemp", "humidity", "windspeed"];

    /// <summary>Chosen rows of the census of 1994; a missing text is null.</summary>
    public static ArrowTrainingSet ReadAdult(Func<int, bool>? isChosen = null, bool hasTextLabels = false)
    {
        var (header, lines) = Read(Adult, isChosen);
        var rows = new Rows();
        foreach (var name in AdultNumbers)
        {
            rows.Int64(name, [.. Column(header, lines, name).Select(v => (long?)long.Parse(v, CultureInfo.InvariantCulture))]);
        }

        foreach (var name in AdultTexts)
        {
            rows.Text(name, [.. Column(header, lines, name).Select(v => v is "?" or "" ? null : v)]);
        }

        string[] income = [.. Column(header, lines, "income")];
        return hasTextLabels
            ? rows.Other("income", income.Aggregate(new Apache.Arrow.StringArray.Builder(), (b, v) => b.Append(v)).Build()).Set("income")
            : rows.Label("income", [.. income.Select(v => v.StartsWith(">50K", StringComparison.Ordinal))]).Set("income");
    }

    /// <summary>Chosen rows of the bicycles hired by the hour.</summary>
    public static ArrowTrainingSet ReadBike(Func<int, bool>? isChosen = null)
    {
        var (header, lines) = Read(Bike, isChosen);
        var rows = new Rows();
        foreach (var name in BikeFeatures)
        {
            rows.Float64(name, [.. Column(header, lines, name).Select(v => (double?)double.Parse(v, CultureInfo.InvariantCulture))]);
        }

        return rows.Label("count", [.. Column(header, lines, "count").Select(v => float.Parse(v, CultureInfo.InvariantCulture))]).Set("count");
    }

    private static (string[] Header, List<string[]> Lines) Read(string path, Func<int, bool>? isChosen)
    {
        var lines = File.ReadLines(ReferenceData.Find(path)!).Select(l => l.Split(',')).ToList();
        return (lines[0], [.. lines.Skip(1).Where((_, i) => isChosen?.Invoke(i) ?? true)]);
    }

    private static IEnumerable<string> Column(string[] header, List<string[]> lines, string name)
    {
        var index = Array.IndexOf(header, name);
        return lines.Select(l => l[index].Trim());
    }
}
