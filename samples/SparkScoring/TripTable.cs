using Apache.Arrow;
using Apache.Arrow.Types;
using Quickstart.Features;

namespace SparkScoring;

/// <summary>The table that is scored: trips as they were asked about, with the stored features that were known then. The features of the request are computed from it, on Spark and in this process.</summary>
internal static class TripTable
{
    public const string Id = "id";

    private static readonly string[] Stored = ["company_big_tip_lift", "company_recent_big_tip_lift", "area_big_tip_lift"];

    /// <summary>Columns of a table that is made, as Spark's SQL computes them from an id, so that every run reads the same. A third of the trips have no company, a tenth no area.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        Id,
        "IF(pmod(hash(id, 1), 2) = 0, 'Cash', 'Credit Card') AS payment_type",
        "IF(pmod(hash(id, 2), 3) = 0, NULL, concat('Company ', pmod(hash(id, 3), 20))) AS company",
        "IF(pmod(hash(id, 4), 10) = 0, NULL, CAST(1 + pmod(hash(id, 5), 77) AS bigint)) AS pickup_area",
        "CAST(pmod(hash(id, 6), 24) AS bigint) AS hour",
        "CAST(pmod(hash(id, 7), 7) AS bigint) AS weekday",
        "CAST(1 + pmod(hash(id, 8), 12) AS bigint) AS month",
        "pmod(hash(id, 9), 3000) / 100.0D AS miles",
        "CAST(60 + pmod(hash(id, 10), 3600) AS double) AS seconds",
        "pmod(hash(id, 11), 6000) / 100.0D AS fare",
        $"IF(pmod(hash(id, 2), 3) = 0, NULL, CAST(pmod(hash(id, 12), 1000) / 500.0D - 1 AS float)) AS {Stored[0]}",
        $"IF(pmod(hash(id, 2), 3) = 0, NULL, CAST(pmod(hash(id, 13), 1000) / 500.0D - 1 AS float)) AS {Stored[1]}",
        $"IF(pmod(hash(id, 4), 10) = 0, NULL, CAST(pmod(hash(id, 14), 1000) / 500.0D - 1 AS float)) AS {Stored[2]}",
    ];

    /// <summary>The id and the features of each trip, by the method that serves.</summary>
    /// <param name="trips">Trips; they stay the caller's.</param>
    public static RecordBatch WithFeatures(RecordBatch trips)
    {
        var features = new TripFeatures[trips.Length];
        for (var row = 0; row < features.Length; row++)
        {
            features[row] = TripFeatures.From(Request(trips, row));
        }

        (string Name, IArrowArray Values)[] columns =
        [
            (Id, trips.Column(Id)),
            ("trip_payment_type", Texts(features, f => f.TripPaymentType)),
            ("trip_company", Texts(features, f => f.TripCompany)),
            ("trip_area", Texts(features, f => f.TripArea)),
            ("trip_hour", Floats(features, f => f.TripHour)),
            ("trip_weekday", Floats(features, f => f.TripWeekday)),
            ("trip_month", Floats(features, f => f.TripMonth)),
            ("trip_miles", Floats(features, f => f.TripMiles)),
            ("trip_seconds", Floats(features, f => f.TripSeconds)),
            ("trip_fare", Floats(features, f => f.TripFare)),
            ("log_fare", Floats(features, f => f.LogFare)),
            ("is_whole_dollar_fare", Floats(features, f => f.IsWholeDollarFare)),
            .. Stored.Select(s => (s, trips.Column(s))),
        ];
        return new RecordBatch(new Schema([.. columns.Select(c => new Field(c.Name, c.Values.Data.DataType, nullable: true))], null), columns.Select(c => c.Values), trips.Length);
    }

    private static TripRequest Request(RecordBatch trips, int row) => new()
    {
        PaymentType = Column<StringArray>(trips, "payment_type").GetString(row),
        Company = Column<StringArray>(trips, "company").GetString(row),
        PickupArea = Column<Int64Array>(trips, "pickup_area").GetValue(row),
        Hour = Column<Int64Array>(trips, "hour").GetValue(row)!.Value,
        Weekday = Column<Int64Array>(trips, "weekday").GetValue(row)!.Value,
        Month = Column<Int64Array>(trips, "month").GetValue(row)!.Value,
        Miles = Column<DoubleArray>(trips, "miles").GetValue(row)!.Value,
        Seconds = Column<DoubleArray>(trips, "seconds").GetValue(row)!.Value,
        Fare = Column<DoubleArray>(trips, "fare").GetValue(row)!.Value,
    };

    private static T Column<T>(RecordBatch trips, string name)
        where T : class, IArrowArray
        => trips.Column(name) as T ?? throw new SparkScoringException($"Expected column '{name}' of the input as {typeof(T).Name}, but found {trips.Column(name).GetType().Name}.");

    private static StringArray Texts(TripFeatures[] features, Func<TripFeatures, string?> value)
    {
        var column = new StringArray.Builder();
        foreach (var row in features)
        {
            column.Append(value(row));
        }

        return column.Build();
    }

    private static FloatArray Floats(TripFeatures[] features, Func<TripFeatures, float> value) => new FloatArray.Builder().AppendRange(features.Select(value)).Build();
}
