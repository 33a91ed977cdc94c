using Mlp.Runtime.Data;
using Mlp.Training.Sampling;

namespace Mlp.Benchmarks.Training;

/// <summary>Real data sets of <c>MLP_REFERENCE_DATA</c>.</summary>
internal static class RealSets
{
    /// <summary>Columns of the bicycles that may be known beforehand: neither the running number nor the two counts whose sum is the label.</summary>
    public static readonly string[] BikeFeatures = ["season", "year", "month", "hour", "holiday", "weekday", "workingday", "weathersit", "temp", "feelingTemp", "humidity", "windspeed"];

    private static readonly string[] AdultNumbers = ["age", "education_num", "capital_gain", "capital_loss", "hr_per_week"];
    private static readonly string[] AdultTexts = ["type_employer", "education", "marital", "occupation", "relationship", "race", "sex", "country"];

    /// <summary>The census of 1994: is the income above 50,000 dollars?</summary>
    public static async Task<ITrainingSet> AdultAsync()
    {
        FeatureColumn[] features = [.. AdultNumbers.Select(n => new FeatureColumn(n, FeatureType.Int64)), .. AdultTexts.Select(n => new FeatureColumn(n, FeatureType.String))];
        return await CsvTrainingSet.OpenAsync([PathOf("adult.csv")], new FileColumns { Features = features, LabelColumn = "income" }, new CsvOptions { NullText = "?" });
    }

    /// <summary>Bicycles rented by the hour, in order of time.</summary>
    public static async Task<ITrainingSet> BikesAsync()
    {
        FeatureColumn[] features = [.. BikeFeatures.Select(n => new FeatureColumn(n, FeatureType.Float64))];
        return await CsvTrainingSet.OpenAsync([PathOf("bike_hour.csv")], new FileColumns { Features = features, LabelColumn = "count" });
    }

    /// <summary>Path of a data set.</summary>
    public static string PathOf(string name)
        => Path.Combine(Environment.GetEnvironmentVariable("MLP_REFERENCE_DATA") ?? throw new InvalidOperationException("Expected MLP_REFERENCE_DATA."), "data", name);
}
