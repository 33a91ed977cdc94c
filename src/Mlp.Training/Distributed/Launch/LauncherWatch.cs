using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Mlp.Training.Distributed.Launch;

/// <summary>
/// Notices that the launcher of this process has ended, however it ended, so that ranks do not go on without anybody who would end them. The system tells a process of the death of its parent only while the parent's thread lives
/// that has started it, which .NET does not promise; so the launcher's process is watched.
/// </summary>
internal sealed class LauncherWatch : IDisposable
{
    /// <summary>The variable by which <see cref="LocalLauncher"/> says which process it is.</summary>
    public const string Variable = "MLP_LAUNCHER_PID";

    private readonly object _gate = new();
    private readonly Process _process;
    private bool _isDisposed;

    private LauncherWatch(Process process, Action ended)
    {
        _process = process;
        process.Exited += (_, _) =>
        {
            lock (_gate)
            {
                if (!_isDisposed)
                {
                    ended();
                }
            }
        };
    }

    /// <summary>Watches.</summary>
    /// <param name="launcher">What <see cref="Variable"/> says; null where another launcher has started this process.</param>
    /// <param name="ended">Is told once, as the end of a sentence, on any thread.</param>
    /// <returns>The watch; null where there is nobody to watch.</returns>
    public static LauncherWatch? Begin(string? launcher, Action<string> ended)
    {
        if (!int.TryParse(launcher, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        var sentence = string.Create(CultureInfo.InvariantCulture, $"the launcher of its process, process {id}, has ended");
        try
        {
            var process = Process.GetProcessById(id);
            var watch = new LauncherWatch(process, () => ended(sentence));
            process.EnableRaisingEvents = true;
            return watch;
        }
        catch (ArgumentException)
        {
            ended(sentence);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // A process of another user or namespace, which this one may not look at.
        }

        return null;
    }

    /// <summary>Watches no more; nobody is told afterwards.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _process.Dispose();
    }
}
