using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>The lock that a run holds while it is being written: the operating system's, so that a killed process loses it. Its file goes with the run's end.</summary>
internal sealed class RunLock : IDisposable
{
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a run that nobody knows of yet.</summary>
    public static RunLock Acquire(string path) => new(ExclusiveFile.Open(path));

    /// <summary>Takes the lock of a run that others may look at.</summary>
    /// <returns>Null when somebody holds it.</returns>
    public static RunLock? TryAcquire(string path)
    {
        while (true)
        {
            try
            {
                return Acquire(path);
            }
            catch (IOException e) when (ExclusiveFile.IsHeldElsewhere(e))
            {
                // Those who look share the file for a moment; only a holder keeps them out.
                if (IsHeld(path))
                {
                    return null;
                }
            }
        }
    }

    /// <summary>Whether somebody holds a lock. Any number may ask at once: they share the file, which its holder does not.</summary>
    public static bool IsHeld(string path)
    {
        try
        {
            using var probe = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException e) when (ExclusiveFile.IsHeldElsewhere(e))
        {
            return true;
        }
    }

    /// <summary>Frees the lock and removes its file.</summary>
    public void Dispose()
    {
        var path = _file.Name;
        _file.Dispose();
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A lock that nobody holds says the same as none.
        }
    }
}
