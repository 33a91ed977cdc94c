using System.Diagnostics;
using System.Text.Json;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Hosting;

/// <summary>
/// The lock on <c>owner.lock</c> by which one process owns a data directory. It is the operating system's, freed also by kill -9; the file's existence says nothing.
/// <c>owner.json</c> beside it tells people who holds it.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private OwnerLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, waiting for another owner to leave.</summary>
    /// <param name="root">Full path of the data directory.</param>
    /// <param name="wait">How long to wait.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="isWaiting">Told of the owner, where it left a description, when there is one to wait for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DataDirectoryInUseException">The other owner did not leave in time.</exception>
    /// <exception cref="DataDirectoryUnusableException">The directory cannot be written.</exception>
    public static async Task<OwnerLock> AcquireAsync(
        string root, TimeSpan wait, TimeProvider timeProvider, Action<DataDirectoryOwner?>? isWaiting, CancellationToken cancellationToken)
    {
        var isTold = false;
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            if (TryAcquire(root) is { } acquired)
            {
                acquired.Describe(root);
                return acquired;
            }

            if (timeProvider.GetElapsedTime(started) >= wait)
            {
                throw new DataDirectoryInUseException(root, ReadOwner(root), wait);
            }

            if (!isTold)
            {
                isWaiting?.Invoke(ReadOwner(root));
                isTold = true;
            }

            await Task.Delay(RetryInterval, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the lock file is still the one that was locked: a directory that was removed or replaced is no longer ours.</summary>
    public static bool IsStillInPlace(string root)
    {
        try
        {
            using var probe = new FileStream(LockPath(root), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException e)
        {
            return ExclusiveFile.IsHeldElsewhere(e);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string LockPath(string root) => Path.Combine(root, "owner.lock");

    private static string DescriptionPath(string root) => Path.Combine(root, "owner.json");

    private static OwnerLock? TryAcquire(string root)
    {
        try
        {
            Directory.CreateDirectory(root);

            return new OwnerLock(ExclusiveFile.Open(LockPath(root)));
        }
        catch (IOException e) when (ExclusiveFile.IsHeldElsewhere(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw NotWritable(root, e);
        }
    }

    private static DataDirectoryUnusableException NotWritable(string root, Exception e)
        => new(root, $"Expected a writable data directory at '{root}', but writing to it failed: {e.Message}", e);

    private static DataDirectoryOwner? ReadOwner(string root)
    {
        try
        {
            // It is for people: what a newer owner wrote is as good as long as it can be read.
            return VersionedJson.Read(
                File.ReadAllBytes(DescriptionPath(root)), DescriptionPath(root), DataDirectoryOwner.FormatName, int.MaxValue, DataDirectoryOwnerJson.Default.DataDirectoryOwner);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CorruptFileException)
        {
            return null;
        }
    }

    private void Describe(string root)
    {
        using var process = Process.GetCurrentProcess();

        // The time of the operating system, by which people find the process: the platform's own clock may be a simulated one.
        var owner = new DataDirectoryOwner(Environment.ProcessId, process.ProcessName, Environment.MachineName, process.StartTime.ToUniversalTime());
        try
        {
            var draft = DescriptionPath(root) + ".tmp";
            File.WriteAllBytes(draft, JsonSerializer.SerializeToUtf8Bytes(owner, DataDirectoryOwnerJson.Default.DataDirectoryOwner));
            File.Move(draft, DescriptionPath(root), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw NotWritable(root, e);
        }
    }
}
