namespace Mlp.Runtime;

/// <summary>The root of the platform's own exceptions. Wrong arguments and wrong states are BCL exceptions.</summary>
public abstract class MlPlatformException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was expected, what was found, where.</param>
    /// <param name="innerException">The cause.</param>
    protected MlPlatformException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether trying again can help.</summary>
    public virtual bool IsTransient => false;
}
