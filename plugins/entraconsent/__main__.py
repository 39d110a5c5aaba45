from lockstep.provider.plugin import main

main()
