namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>A way to write rows so that they survive a power loss and can be read. Takes pushes from many callers at once.</summary>
internal interface IPushWay : IAsyncDisposable
{
    internal string Name { get; }

    /// <summary>Writes rows; they are on the device and can be read when the task completes.</summary>
    internal Task PushAsync(PushedRows rows);

    /// <summary>Ends what goes on in the background, so that it does not run in the turn of another.</summary>
    internal Task SettleAsync();
}
