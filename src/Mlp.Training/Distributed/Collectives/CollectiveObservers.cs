namespace Mlp.Training.Distributed.Collectives;

/// <summary>Tells several observers of the same calls, in the order in which they came.</summary>
/// <param name="observers">Those to tell; nobody changes the array.</param>
internal sealed class CollectiveObservers(ICollectiveObserver[] observers) : ICollectiveObserver
{
    private readonly ICollectiveObserver[] _all = observers;

    /// <summary>Adds an observer to those there are.</summary>
    /// <param name="present">Those there are; null for none.</param>
    /// <param name="observer">The one to add.</param>
    public static ICollectiveObserver With(ICollectiveObserver? present, ICollectiveObserver observer)
        => present is null ? observer : new CollectiveObservers([.. Of(present), observer]);

    /// <summary>Takes an observer out of those there are.</summary>
    /// <param name="present">Those there are; null for none.</param>
    /// <param name="observer">The one to take out.</param>
    /// <returns>The others; null for none.</returns>
    public static ICollectiveObserver? Without(ICollectiveObserver? present, ICollectiveObserver observer)
        => present is null ? null : Array.FindAll(Of(present), o => !ReferenceEquals(o, observer)) switch
        {
            [] => null,
            [var last] => last,
            var others => new CollectiveObservers(others),
        };

    /// <inheritdoc/>
    public void Begun(in CollectiveCall call, long byteCount)
    {
        foreach (var observer in _all)
        {
            observer.Begun(call, byteCount);
        }
    }

    /// <inheritdoc/>
    public void Met(in CollectiveCall call, int lastRank)
    {
        foreach (var observer in _all)
        {
            observer.Met(call, lastRank);
        }
    }

    /// <inheritdoc/>
    public void Ended(in CollectiveCall call, Exception? failure)
    {
        foreach (var observer in _all)
        {
            observer.Ended(call, failure);
        }
    }

    private static ICollectiveObserver[] Of(ICollectiveObserver present) => present is CollectiveObservers several ? several._all : [present];
}
