namespace Mlp.Runtime;

/// <summary>The base of every error that belongs to the platform rather than to a wrong argument or a wrong state of the caller.</summary>
/// <remarks>Each child reports its facts as properties; the message says what was expected, what was found and where.</remarks>
public abstract class MlPlatformException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">A sentence that says what was expected, what was found and where.</param>
    protected MlPlatformException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">A sentence that says what was expected, what was found and where.</param>
    /// <param name="innerException">The cause, or null.</param>
    protected MlPlatformException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may succeed when it is tried again without a change. Default: false.</summary>
    public virtual bool IsTransient => false;
}
