using Apache.Arrow;
using Mlp.Features.Hosting;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>An on-demand view that counts the rows for which it is computed, within the process that computes it, and a method that says how many they were.</summary>
public static class CountedTrips
{
    internal const string Service = "counted";

    private static long _count;

    /// <summary>The number of rows, for every row.</summary>
    public static Int64Array Count(Int64Array ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return new Int64Array.Builder().AppendRange(Enumerable.Repeat(Interlocked.Read(ref _count), ids.Length)).Build();
    }

    internal static void Add(FeaturesBuilder features) => features.AddOnDemand<Request, Trip>(Trip.From, "trips").AddService(Service, 1, s => s.From("trips", 1));

    internal sealed record Request(double Distance);

    internal readonly record struct Trip(float Length)
    {
        internal static Trip From(Request request)
        {
            Interlocked.Increment(ref _count);
            return new((float)request.Distance);
        }
    }
}
