namespace Mlp.Runtime.Data;

/// <summary>
/// Says at every call that a native library is missing. A binding whose first use failed is half initialised for the rest of the process: its later failures name no reason, and some of its calls do not come back.
/// So it is not called again. Thread-safe.
/// </summary>
/// <param name="package">The NuGet package with the library.</param>
/// <param name="library">What the library is called.</param>
internal sealed class NativeLibraryGuard(string package, string library)
{
    private volatile Exception? _failure;

    /// <summary>Calls the binding.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="open">The call.</param>
    /// <exception cref="MissingNativePackageException">The application does not bring the library.</exception>
    public T Open<T>(Func<T> open)
    {
        if (_failure is { } known)
        {
            throw new MissingNativePackageException(package, library, known);
        }

        try
        {
            return open();
        }
        catch (Exception e) when (IsMissingLibrary(e))
        {
            _failure = e;
            throw new MissingNativePackageException(package, library, e);
        }
    }

    /// <summary>Whether a missing library is among the causes of an exception.</summary>
    /// <param name="exception">What the binding threw.</param>
    private static bool IsMissingLibrary(Exception? exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is DllNotFoundException or BadImageFormatException)
            {
                return true;
            }
        }

        return false;
    }
}
